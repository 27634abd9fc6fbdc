import { resolveEngine } from '../engine/index.js';
import { isDistillError } from '../error/index.js';
import { nodeModule } from '../platform/node-module.js';
import type { TestEngine } from './test-engines.js';

/** The software Vulkan driver (SwiftShader) of Debian's chromium package. */
const SOFTWARE_DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/**
 * WebGPU for correctness tests: on SwiftShader if Debian's packages `chromium` and `libvulkan1` are installed,
 * else on a GPU. SwiftShader takes seconds per step, so `testEngines()` does not include it.
 *
 * Sets the environment variable `VK_DRIVER_FILES` of this process if it is unset and the SwiftShader driver
 * exists.
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
