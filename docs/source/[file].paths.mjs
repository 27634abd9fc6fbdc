import { linkedFiles, parameterOf, shown } from '../.vitepress/repository-links.mjs';

/** A page for every file of the repository that a page links. */
export default {
  paths: () => linkedFiles().map((file) => ({ params: { file: parameterOf(file) }, content: shown(file) })),
};
