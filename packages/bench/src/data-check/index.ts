export { contactSheet, isContactSheet } from './contact-sheet.js';
export { dataFaults, dataStats, loadChecked } from './examine.js';
export type { DataFaults, DataStats, Duplicates } from './examine.js';
