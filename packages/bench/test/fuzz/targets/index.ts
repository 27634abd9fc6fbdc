import type { FuzzTarget } from '../target.js';
import { cifar } from './cifar.js';
import { configs } from './config.js';
import { checkpointFolders, safetensors } from './safetensors.js';

export const targets: readonly FuzzTarget[] = [configs, cifar, safetensors, checkpointFolders];
