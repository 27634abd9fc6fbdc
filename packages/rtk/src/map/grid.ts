/** Height and width of a feature map. */
export interface Grid {
  readonly height: number;
  readonly width: number;
}

/** The layers of one network that share a grid, by their place in the list of layers. */
export interface GridGroup extends Grid {
  readonly layers: readonly number[];
}

/** Layers by grid, in the order in which grids appear; a grid that appears again joins its group. */
export function groupByGrid(layers: readonly Grid[]): readonly GridGroup[] {
  const groups = new Map<string, { height: number; width: number; layers: number[] }>();
  layers.forEach(({ height, width }, layer) => {
    const key = `${height}x${width}`;
    const group = groups.get(key) ?? { height, width, layers: [] };
    group.layers.push(layer);
    groups.set(key, group);
  });
  return [...groups.values()];
}
