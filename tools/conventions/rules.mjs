export { browserSafe } from './browser-safe.mjs';
export { changelogPolicy } from './changelog-policy.mjs';
export { declaredImports } from './declared-imports.mjs';
export { explicitExports } from './explicit-exports.mjs';
export { exportsConditions } from './exports-conditions.mjs';
export { fixtureSources } from './fixture-sources.mjs';
export { folderCycles } from './folder-cycles.mjs';
export { layers } from './layers.mjs';
export { lazyOptional } from './lazy-optional.mjs';
export { licenseFile } from './license-file.mjs';
export { manifestFields } from './manifest-fields.mjs';
export { readmeSections } from './readme-sections.mjs';
export { tableOfContents } from './table-of-contents.mjs';
export { techniqueNames } from './technique-names.mjs';
export { usedDependencies } from './used-dependencies.mjs';
export {
  fileCycles,
  fileLength,
  fileNames,
  namedWeights,
  oneContractVersion,
  smallFiles,
} from './source-shape.mjs';
