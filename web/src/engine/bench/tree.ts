/** A search tree from left to right: a column per step, the answer's path straight along the top. Pure. */

import type { NodeSpec } from "../../spec";

export const COLUMN = 78;
export const ROW = 22;

export interface TreeNode {
  node: NodeSpec;
  x: number;
  y: number;
}

export interface TreePicture {
  width: number;
  height: number;
  nodes: TreeNode[];
  /** [parent, child], places in `nodes`. */
  edges: [number, number][];
  hidden: number;
}

/** Every node's place; `pruned` shows hypotheses that were dropped at once, too. */
export function treeOf(tree: readonly NodeSpec[], pruned: boolean): TreePicture {
  const children = new Map<number, NodeSpec[]>();
  for (const node of tree)
    if (node.parent !== null) children.set(node.parent, [...(children.get(node.parent) ?? []), node]);
  const nodes: TreeNode[] = [];
  const edges: [number, number][] = [];
  let [row, hidden] = [0, 0];
  const place = (node: NodeSpec, depth: number): number => {
    const at = nodes.length;
    nodes.push({ node, x: depth * COLUMN, y: row * ROW });
    const below = (children.get(node.id) ?? []).filter((child) => {
      const shown = pruned || child.status !== "pruned" || children.has(child.id);
      hidden += shown ? 0 : 1;
      return shown;
    });
    below.sort(best).forEach((child, i) => {
      if (i) row++;
      edges.push([at, place(child, depth + 1)]);
    });
    return at;
  };
  const root = tree.find(({ parent }) => parent === null);
  if (root) place(root, 0);
  const deepest = nodes.reduce((most, { x }) => Math.max(most, x), 0);
  return { width: deepest + 2 * COLUMN, height: (row + 1) * ROW, nodes, edges, hidden };
}

/** The answer's node first, then the likeliest. */
function best(a: NodeSpec, b: NodeSpec): number {
  return Number(b.winner) - Number(a.winner) || (b.total ?? -Infinity) - (a.total ?? -Infinity);
}
