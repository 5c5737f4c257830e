//! Random ways through schemas: whatever was done is undone, and all is as it was.

mod properties {
    use super::super::super::super::inverse::inverse;
    use super::super::super::super::operation::ConstraintState;
    use super::super::*;

    const KINDS: [(Kind, &str); 7] = [
        (Kind::Text, "'7'"),
        (Kind::Bool, "1"),
        (Kind::Int, "7"),
        (Kind::BigInt, "7"),
        (Kind::Double, "7"),
        (Kind::Uuid, "x'00000000000000000000000000000001'"),
        (Kind::DateTime, "7000000"),
    ];
    const NUMBERS: [Kind; 4] = [Kind::Int, Kind::BigInt, Kind::Double, Kind::Text];

    /// SplitMix64.
    struct Chance(u64);

    impl Chance {
        fn below(&mut self, most: usize) -> usize {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) % most as u64) as usize
        }

        fn of<T: Clone>(&mut self, all: &[T]) -> Option<T> {
            (!all.is_empty()).then(|| all[self.below(all.len())].clone())
        }
    }

    fn column(name: &str, kind: Kind, null: bool) -> ColumnState {
        ColumnState {
            name: name.to_owned(),
            kind: ColumnType::Of(kind),
            null,
            primary_key: false,
            references: None,
        }
    }

    /// A value as PostgreSQL writes it.
    fn value(of: ColumnType, default: &'static str) -> &'static str {
        match of {
            ColumnType::Of(Kind::Bool) => "TRUE",
            ColumnType::Of(Kind::Uuid) => super::super::ID,
            ColumnType::Of(Kind::DateTime) => "now()",
            _ => default,
        }
    }

    /// A step that fits the schema, if this one does.
    fn step(state: &State, chance: &mut Chance) -> Option<Operation> {
        let tables: Vec<String> = state.tables.keys().cloned().collect();
        let free = |taken: &[String], names: &[&str]| -> Vec<String> {
            let names = names.iter().map(|name| (*name).to_owned());
            names.filter(|name| !taken.contains(name)).collect()
        };
        let other = chance.of(&free(&tables, &["a", "b", "order", "user"]));
        if tables.len() < 2 {
            let mut id = column("id", Kind::Uuid, false);
            id.primary_key = true;
            return Some(Operation::CreateTable {
                table: other?,
                columns: vec![id, column("x", Kind::Int, true)],
                constraints: Vec::new(),
            });
        }
        let table = chance.of(&tables)?;
        let has = &state.tables[&table];
        let names: Vec<String> = has.columns.iter().map(|column| column.name.clone()).collect();
        let new = chance.of(&free(&names, &["x", "y", "z", "group"]));
        let plain: Vec<&ColumnState> = has.columns.iter().filter(|column| !column.primary_key).collect();
        let indexes: Vec<String> = has.indexes.iter().map(|index| index.name.clone()).collect();
        Some(match chance.below(11) {
            0 => {
                let (kind, default) = chance.of(&KINDS)?;
                let null = chance.below(2) == 0;
                Operation::AddColumn {
                    table,
                    column: column(&new?, kind, null),
                    default: (!null).then(|| default.to_owned()),
                }
            }
            1 => {
                let mut column = column(&new?, Kind::Uuid, true);
                column.references = chance.of(&tables);
                Operation::AddColumn {
                    table,
                    column,
                    default: None,
                }
            }
            2 => {
                let column = chance.of(&names)?;
                let name = format!("{table}_{column}_idx");
                let taken = state
                    .tables
                    .values()
                    .any(|table| table.indexes.iter().any(|index| index.name == name));
                (!taken).then_some(())?;
                let only = (chance.below(2) == 0).then(|| format!("\"{column}\" IS NOT NULL"));
                Operation::CreateIndex {
                    name,
                    table,
                    columns: vec![column],
                    unique: false,
                    ignores_case: Vec::new(),
                    only,
                }
            }
            3 => {
                let name = format!("c{}", chance.below(3));
                let taken = has.constraints.iter().any(|constraint| constraint.name == name);
                (!taken).then_some(())?;
                let check = format!("\"{}\" IS NULL OR TRUE", chance.of(&names)?);
                Operation::AddConstraint {
                    table,
                    constraint: ConstraintState { name, check },
                }
            }
            4 => {
                let mut column = chance.of(&plain)?.clone();
                let ColumnType::Of(kind) = column.kind else {
                    return None;
                };
                NUMBERS.contains(&kind).then_some(())?;
                column.kind = ColumnType::Of(chance.of(&NUMBERS)?);
                Operation::AlterColumn {
                    table,
                    column,
                    using: None,
                }
            }
            5 => {
                let mut column = chance.of(&plain)?.clone();
                column.references.is_none().then_some(())?;
                column.null = !column.null;
                let (_, default) = KINDS
                    .iter()
                    .find(|(kind, _)| column.kind == ColumnType::Of(*kind))?;
                let default = value(column.kind, default);
                let using = (!column.null).then(|| format!("coalesce(\"{}\", {default})", column.name));
                Operation::AlterColumn { table, column, using }
            }
            6 => Operation::RenameColumn {
                table,
                from: chance.of(&plain)?.name.clone(),
                to: new?,
            },
            7 => Operation::RenameTable {
                from: table,
                to: other?,
            },
            8 => Operation::DropIndex {
                name: chance.of(&indexes)?,
            },
            9 => Operation::DropConstraint {
                name: chance.of(&has.constraints)?.name,
                table,
            },
            _ => {
                let column = chance.of(&plain)?;
                column.null.then_some(())?;
                Operation::DropColumn {
                    table,
                    column: column.name.clone(),
                }
            }
        })
    }

    #[tokio::test]
    async fn what_was_done_is_undone() {
        let seed = long::seed();
        let mut chance = Chance(seed);
        let (mut made, mut refused) = (0, 0);
        for _ in 0..long::amount(6, 60) {
            let site = site().await;
            let run = async |operation: &Operation, state: &mut State| -> Result<(), String> {
                let statements = Dialect::Postgres.statements(operation, state)?;
                state.apply(operation)?;
                for sql in statements {
                    let told = |failure| panic!("seed {seed}: {sql}: {failure} of {operation:?}");
                    site.connection.batch(&sql).await.unwrap_or_else(told);
                }
                if let Operation::CreateTable { table, .. } = operation {
                    site.database.run(&format!(
                        "INSERT INTO \"{table}\" (id) VALUES (gen_random_uuid())"
                    ));
                }
                Ok(())
            };
            let mut state = State::default();
            let mut way = Vec::new();
            for _ in 0..40 {
                let Some(operation) = step(&state, &mut chance) else {
                    continue;
                };
                let before = state.clone();
                let back = inverse(&operation, &before);
                let schema = site.schema();
                // A column that a condition names is not dropped.
                if run(&operation, &mut state).await.is_err() {
                    refused += 1;
                    state = before;
                    continue;
                }
                made += 1;
                way.push((
                    back.unwrap_or_else(|told| panic!("{told}: {operation:?}")),
                    schema,
                    operation,
                ));
            }
            for (back, schema, operation) in way.into_iter().rev() {
                for undone in back {
                    run(&undone, &mut state)
                        .await
                        .unwrap_or_else(|told| panic!("{told}: {undone:?}"));
                    // What was dropped is not brought back, and the column may have needed a value before.
                    if let Operation::AddColumn { table, column, .. } = &undone
                        && column.references.is_none()
                        && let Some((_, default)) = KINDS
                            .iter()
                            .find(|(kind, _)| column.kind == ColumnType::Of(*kind))
                    {
                        let default = value(column.kind, default);
                        site.database
                            .run(&format!("UPDATE \"{table}\" SET \"{}\" = {default}", column.name));
                    }
                }
                assert_eq!(site.schema(), schema, "seed {seed}: after undoing {operation:?}");
            }
            assert_eq!(state, State::default());
        }
        assert!(made > 60, "only {made}");
        long::figure(made, "migration steps on PostgreSQL, forward and back");
        assert!(refused < made, "{refused}");
    }
}
