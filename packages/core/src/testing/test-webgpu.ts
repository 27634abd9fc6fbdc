import { resolveEngine } from '../engine/index.js';
import { isDistillError } from '../error/index.js';
import { nodeModule } from '../platform/node-module.js';
import type { TestEngine } from './test-engines.js';

/** Where Debian's chromium has its Vulkan driver that needs no GPU (SwiftShader). */
const SOFTWARE_DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/**
 * WebGPU for tests of correctness: on a GPU where there is one, else on SwiftShader, if Debian's packages `chromium` and
 * `libvulkan1` are installed. It takes seconds per step there, so that it is no part of `testEngines()`.
 *
 * Sets the environment variable `VK_DRIVER_FILES` for this process where nobody has.
 */
export async function testWebGpu(): Promise<TestEngine> {
  const { existsSync } = nodeModule('node:fs', 'tests on WebGPU');
  if (existsSync(SOFTWARE_DRIVER)) process.env['VK_DRIVER_FILES'] ??= SOFTWARE_DRIVER;
  try {
    await resolveEngine('webgpu');
    return { name: 'webgpu', skipped: undefined };
  } catch (error) {
    if (!isDistillError(error)) throw error;
    return { name: 'webgpu', skipped: error.got };
  }
}
