import { describe, expect, it } from 'vitest';
import { isBuildError } from './build-error.mjs';
import { wheelTarget } from './wheel-target.mjs';

describe('wheelTarget', () => {
  it('takes the wheel without CUDA on x86-64', () => {
    const target = wheelTarget({ platform: 'linux', architecture: 'x64', glibc: '2.28' });
    expect(target.distribution).toBe('tensorflow-cpu');
    expect(target.platforms[0]).toBe('manylinux_2_28_x86_64');
    // The tags of the wheels of TensorFlow 2.21 and of 2.12 to 2.20.
    expect(target.platforms).toContain('manylinux_2_27_x86_64');
    expect(target.platforms).toContain('manylinux_2_17_x86_64');
    expect(target.platforms.at(-1)).toBe('manylinux2014_x86_64');
  });

  it('takes the plain wheel on arm64, where there is no tensorflow-cpu', () => {
    const target = wheelTarget({ platform: 'linux', architecture: 'arm64', glibc: '2.36' });
    expect(target.distribution).toBe('tensorflow');
    expect(target.platforms).toContain('manylinux_2_27_aarch64');
  });

  it('offers no wheel for a newer glibc than the running one', () => {
    const { platforms } = wheelTarget({ platform: 'linux', architecture: 'x64', glibc: '2.17' });
    expect(platforms).toEqual(['manylinux_2_17_x86_64', 'manylinux2014_x86_64']);
  });

  it.each([
    [{ platform: 'darwin', architecture: 'arm64', glibc: undefined }, /got darwin on arm64/],
    [{ platform: 'linux', architecture: 'riscv64', glibc: '2.36' }, /got linux on riscv64/],
    [{ platform: 'linux', architecture: 'x64', glibc: undefined }, /musl/],
    [{ platform: 'linux', architecture: 'x64', glibc: '2.12' }, /got glibc 2\.12/],
  ])('refuses %o', (machine, message) => {
    expect(() => wheelTarget(machine)).toThrow(message);
    try {
      wheelTarget(machine);
    } catch (error) {
      expect(isBuildError(error)).toBe(true);
    }
  });
});
