//! Functions made anew in another arena, so that what they were made from can go.
use super::{Diagram, NodeId, Result, TERMINALS};

impl Diagram {
    /// Functions of another arena over the same space, with terminals as `terminal` says.
    ///
    /// # Errors
    /// [`BudgetExceeded`](super::BudgetExceeded).
    pub(in crate::analysis) fn copied(
        &mut self,
        other: &Diagram,
        roots: &[NodeId],
        terminal: &dyn Fn(NodeId) -> NodeId,
    ) -> Result<Vec<NodeId>> {
        const UNUSED: u32 = u32::MAX;
        const USED: u32 = u32::MAX - 1;
        // By place in the other arena. Children stand before their parents.
        let mut ids = vec![UNUSED; other.nodes()];
        let mut open: Vec<NodeId> = roots.to_vec();
        while let Some(id) = open.pop() {
            if !id.is_terminal() && ids[id.inner()] == UNUSED {
                ids[id.inner()] = USED;
                open.extend(&other.children[other.edge_range(id)]);
            }
        }
        let renamed =
            |ids: &[u32], id: NodeId| if id.is_terminal() { terminal(id) } else { NodeId(ids[id.inner()]) };
        self.guarded(|d| {
            for at in 0..ids.len() {
                if ids[at] == UNUSED {
                    continue;
                }
                let id = NodeId(TERMINALS + at as u32);
                let base = d.scratch.len();
                for edge in other.edge_range(id) {
                    d.scratch.push((other.bounds[edge], renamed(&ids, other.children[edge])));
                }
                ids[at] = d.make(other.level(id), base)?.0;
            }
            Ok(roots.iter().map(|id| renamed(&ids, *id)).collect())
        })
    }

    /// Drops everything but some functions, whose ids change. Terminals keep their meaning.
    ///
    /// # Errors
    /// [`BudgetExceeded`](super::BudgetExceeded), never in fact: less is in use afterwards.
    pub(in crate::analysis) fn retain(&mut self, roots: &mut [NodeId]) -> Result<()> {
        let mut fresh = Diagram::new(self.space.clone(), self.limit);
        let kept = fresh.copied(self, roots, &|id| id)?;
        fresh.actions = std::mem::take(&mut self.actions);
        roots.copy_from_slice(&kept);
        *self = fresh;
        Ok(())
    }

    /// How many more edges fit.
    pub(in crate::analysis) fn room(&self) -> usize {
        self.limit.saturating_sub(self.bounds.len())
    }
}
