//! Circles in a graph: nodes that can all be reached from one another (strongly connected components, Tarjan).

/// The circles of two nodes and more, the largest first; each sorted. `arrows[n]` are the nodes that `n` points to.
pub fn circles(arrows: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut walk = Walk {
        arrows,
        next: 0,
        index: vec![None; arrows.len()],
        low: vec![0; arrows.len()],
        open: vec![false; arrows.len()],
        stack: Vec::new(),
        found: Vec::new(),
    };
    for node in 0..arrows.len() {
        if walk.index[node].is_none() {
            walk.visit(node);
        }
    }
    let mut found = walk.found;
    found.sort_by_key(|circle| (std::cmp::Reverse(circle.len()), circle.clone()));
    found
}

struct Walk<'a> {
    arrows: &'a [Vec<usize>],
    next: usize,
    index: Vec<Option<usize>>,
    low: Vec<usize>,
    open: Vec<bool>,
    stack: Vec<usize>,
    found: Vec<Vec<usize>>,
}

impl Walk<'_> {
    // A crate has hundreds of files, so the depth of the recursion is no concern.
    fn visit(&mut self, node: usize) {
        let mine = self.next;
        self.next += 1;
        self.index[node] = Some(mine);
        self.low[node] = mine;
        self.stack.push(node);
        self.open[node] = true;
        for &to in &self.arrows[node] {
            match self.index[to] {
                None => {
                    self.visit(to);
                    self.low[node] = self.low[node].min(self.low[to]);
                }
                Some(index) if self.open[to] => self.low[node] = self.low[node].min(index),
                Some(_) => {}
            }
        }
        if self.low[node] == mine {
            let mut circle = Vec::new();
            while let Some(top) = self.stack.pop() {
                self.open[top] = false;
                circle.push(top);
                if top == node {
                    break;
                }
            }
            if circle.len() > 1 {
                circle.sort_unstable();
                self.found.push(circle);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::circles;

    #[test]
    fn a_chain_has_none_and_two_knots_are_two() {
        assert!(circles(&[vec![1], vec![2], vec![]]).is_empty());
        // 0 → 1 → 2 → 0, 3 ↔ 4, 2 → 3, and 5 points to itself.
        let found = circles(&[vec![1], vec![2], vec![0, 3], vec![4], vec![3], vec![5]]);
        assert_eq!(found, [vec![0, 1, 2], vec![3, 4]]);
    }
}
