//! Every way of writing seals, and what is written is read and found.

use super::*;

#[tokio::test]
async fn what_is_written_is_read_and_found_and_not_stored() {
    let site = Site::new();
    let database = &site.database;
    let ann = add(database, "Ann", "DE1").await.unwrap();
    assert_eq!(ann.tax_id.expose(), "DE1", "the row that is given is open");
    unit(database, async |db| {
        Person::create_all([person("Ben", "DE2"), person("Cy", "DE3")])
            .save(&db)
            .await
    })
    .await
    .unwrap();
    assert_eq!(tax_ids(database).await.unwrap(), ["DE1", "DE2", "DE3"]);
    for (tax_id, names) in [("DE1", &["Ann"][..]), ("DE3", &["Cy"]), ("DE4", &[]), ("", &[])] {
        assert_eq!(found(database, tax_id).await.unwrap(), names, "{tax_id}");
    }
    // CWE-312. The attack: whoever has the file reads it.
    if on::sqlite() {
        let path = site.url.strip_prefix("sqlite://").unwrap();
        for file in [path.to_owned(), format!("{path}-wal")] {
            let bytes = std::fs::read(file).unwrap_or_default();
            assert!(!bytes.windows(3).any(|part| part == b"DE2"));
            assert!(bytes.is_empty() || bytes.windows(3).any(|part| part == b"Ben") || path.ends_with("db"));
        }
    }
}

#[tokio::test]
async fn a_row_is_changed_and_others_of_a_set_are_changed_one_by_one() {
    let site = Site::new();
    let database = &site.database;
    for (name, tax_id) in [("Ann", "DE1"), ("Ben", "DE2")] {
        add(database, name, tax_id).await.unwrap();
    }
    unit(database, async |db| {
        let ann = Person::objects()
            .get_to_change(&db, |p| p.tax_id.eq("DE1"))
            .await?;
        let ann = ann
            .change(&db, |p| [p.tax_id.set("DE9"), p.notes.set(Some("x".into()))])
            .await?;
        assert_eq!((&**ann.tax_id.expose(), ann.notes.is_some()), ("DE9", true));
        // What is not set stays as it is.
        let ann = Person::objects().get_to_change(&db, |p| p.name.eq("Ann")).await?;
        ann.change(&db, |p| [p.visits.increase_by(1)]).await
    })
    .await
    .unwrap();
    assert_eq!(found(database, "DE9").await.unwrap(), ["Ann"]);
    assert!(found(database, "DE1").await.unwrap().is_empty());
    unit(database, async |db| {
        let all = Person::objects().all_to_change(&db).await?;
        Changeable::change_each(all, &db, |row, p| {
            [p.tax_id.set(format!("{}x", row.tax_id.expose()))]
        })
        .await
    })
    .await
    .unwrap();
    assert_eq!(tax_ids(database).await.unwrap(), ["DE9x", "DE2x"]);
    // One ciphertext would be of none of the rows; emptying them is one statement, and so is all else.
    let set = unit(database, async |db| {
        Person::objects().change_all(&db, |p| [p.tax_id.set("one")]).await
    })
    .await;
    let told = set.unwrap_err().to_string();
    assert!(told.contains("change_each"), "{told}");
    let emptied = unit(database, async |db| {
        Person::objects()
            .change_all(&db, |p| [p.notes.set(None), p.visits.set(3)])
            .await
    });
    assert_eq!(emptied.await.unwrap(), 2);
    let unit = database.bind(Actor::nobody());
    assert_eq!(
        Person::objects()
            .filter(|p| p.notes.is_null())
            .count(&unit.read_db())
            .await
            .unwrap(),
        2
    );
}

#[tokio::test]
async fn what_is_found_or_added_and_added_or_changed_is_sealed_too() {
    let site = Site::new();
    let database = &site.database;
    for expected in [true, false] {
        let (ann, added) = unit(database, async |db| {
            Person::objects()
                .get_or_create(&db, |p| p.tax_id.eq("DE1"), Person::create(person("Ann", "DE1")))
                .await
        })
        .await
        .unwrap();
        assert_eq!((added, &**ann.tax_id.expose()), (expected, "DE1"));
    }
    unit(database, async |db| {
        let new = Person::create(person("Ann", "DE1"));
        Person::objects()
            .create_or_change(&db, |p| p.tax_id.eq("DE1"), new, |p| [p.tax_id.set("DE2")])
            .await
    })
    .await
    .unwrap();
    assert_eq!(tax_ids(database).await.unwrap(), ["DE2"]);
    assert_eq!(found(database, "DE2").await.unwrap(), ["Ann"]);
}

/// A value is unique by its index, on whichever key the other row's is.
#[tokio::test]
async fn a_value_is_unique_also_beside_an_older_key() {
    let site = Site::new();
    let database = &site.database;
    add(database, "Ann", "DE1").await.unwrap();
    let taken = |error: Error| match error {
        Error::Unique { fields, .. } => fields == ["tax_id"],
        _ => false,
    };
    assert!(taken(add(database, "Ben", "DE1").await.err().unwrap()));
    database.rotate_key("person.tax_id").await.unwrap();
    assert!(taken(add(database, "Ben", "DE1").await.err().unwrap()));
    add(database, "Ben", "DE2").await.unwrap();
    // It is the row's own.
    unit(database, async |db| {
        let ann = Person::objects()
            .get_to_change(&db, |p| p.tax_id.eq("DE1"))
            .await?;
        ann.change(&db, |p| [p.tax_id.set("DE1")]).await
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn other_types_are_sealed_and_bounded() {
    let site = Site::new();
    let database = &site.database;
    let person_id = add(database, "Ann", "DE1").await.unwrap().id;
    let born: Date = "1990-02-03".parse().unwrap();
    let new = || NewPatient {
        person: person_id,
        number: Some(17.into()),
        scan: Some(vec![1, 2, 3].into()),
        born: Some(born.into()),
    };
    unit(database, async |db| Patient::create(new()).save(&db).await)
        .await
        .unwrap();
    let unit_of = database.bind(Actor::nobody());
    let db = unit_of.read_db();
    let by_number = Patient::objects()
        .filter(|p| p.number.eq(17))
        .all(&db)
        .await
        .unwrap();
    let patient = &by_number[0];
    assert_eq!(patient.number.as_ref().map(|number| *number.expose()), Some(17));
    assert_eq!(
        patient.scan.as_ref().map(|scan| scan.expose().clone()),
        Some(vec![1, 2, 3])
    );
    assert_eq!(patient.born.as_ref().map(|born| *born.expose()), Some(born));
    // Through a foreign key, and of a row that is loaded with it.
    let of_ann = Patient::objects()
        .filter(|p| p.person.tax_id.eq("DE1"))
        .related(|p| &p.person);
    let found = of_ann.all(&db).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].person.get().unwrap().tax_id.expose(), "DE1");
    assert_eq!(
        Patient::objects()
            .filter(|p| p.number.eq(18))
            .count(&db)
            .await
            .unwrap(),
        0
    );
    // The bounds are the value's.
    let long = add(database, "Ben", &"x".repeat(21)).await.err().unwrap();
    assert_eq!(long.problems()[0].field, "tax_id");
    let scan = NewPatient {
        scan: Some(vec![0; 101].into()),
        ..new()
    };
    let large = unit(database, async |db| Patient::create(scan).save(&db).await).await;
    assert_eq!(large.err().unwrap().problems()[0].field, "scan");
}

/// By metadata alone it is not there: neither read, filtered, sorted, set nor printed.
#[tokio::test]
async fn by_metadata_it_is_not_there() {
    let site = Site::new();
    add(&site.database, "Ann", "DE1").await.unwrap();
    let unit = site.database.bind(Actor::nobody());
    let db = unit.db();
    let table = db
        .tables()
        .into_iter()
        .find(|table| table.meta().name == "Person")
        .unwrap();
    let names: Vec<_> = table.columns().map(|column| column.field()).collect();
    assert!(
        !names.contains(&"tax_id") && !names.contains(&"notes"),
        "{names:?}"
    );
    assert!(table.column("tax_id").is_none() && table.column("notes").is_none());
    let rows = table.objects().all(&db).await.unwrap();
    assert_eq!(rows.len(), 1);
    for column in Person::meta()
        .columns
        .iter()
        .filter(|column| column.field == "tax_id")
    {
        let told = table.column_of(column).err().unwrap().to_string();
        assert!(told.contains("secret"), "{told}");
    }
}

/// A factory makes what the field's own type takes.
#[tokio::test]
async fn a_factory_makes_them() {
    let site = Site::new();
    let made = unit(&site.database, async |db| {
        factory::Factory::<Person>::new().create_many(&db, 2).await
    });
    let made = made.await.unwrap();
    assert_ne!(made[0].tax_id.expose(), made[1].tax_id.expose());
    let read = tax_ids(&site.database).await.unwrap();
    assert!(read.contains(made[0].tax_id.expose()), "{read:?}");
    // And a row that another one refers to, which is known by its metadata alone.
    let patient = unit(&site.database, async |db| {
        factory::Factory::<Patient>::new().create(&db).await
    });
    patient.await.unwrap();
    assert_eq!(tax_ids(&site.database).await.unwrap().len(), 3);
}
