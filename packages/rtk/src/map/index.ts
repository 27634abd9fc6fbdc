export { adaptiveAveragePool, groupByGrid } from './grid.js';
export type { Grid, GridGroup } from './grid.js';
export { expectLayerMaps, layerMaps, mapsOfSummaries, mapSummary, unitMaps } from './layer-maps.js';
export type { LayerMaps, MapSummary, UnitMaps } from './layer-maps.js';
export { mapDistances } from './map-distances.js';
export type { MapDistances } from './map-distances.js';
