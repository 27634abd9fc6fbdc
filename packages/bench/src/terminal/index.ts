export { counted } from './counted.js';
export { terminalMeter } from './meter.js';
export { durationText, styled, widthOf } from './style.js';
export { terminalTable } from './terminal-table.js';
export type { TableColumn } from './terminal-table.js';
