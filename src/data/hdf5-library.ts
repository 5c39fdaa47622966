/**
 * The HDF5 library (h5wasm), loaded on first use because it costs 0.1 s and 85 MB.
 *
 * Its throwing error handler is on: without it a corrupt chunk or a missing filter returns garbage. Its filter
 * plugins (LZF and others) are found beside the package h5wasm-plugins. A damaged file can stop the WebAssembly
 * instance for good, and every error that unwinds through it leaks some of its stack (about 2,000 exhaust it, and
 * then memory is overwritten), so an instance is given up after a trap or after `MOST_ERRORS` errors.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as h5wasm from 'h5wasm/node';

type H5wasm = typeof h5wasm;
export type Hdf5Module = Awaited<H5wasm['ready']>;
export type Hdf5Library = H5wasm & { readonly module: Hdf5Module };

const MOST_ERRORS = 100;

let current: Promise<Hdf5Library> | undefined;
let instances = 0;
let errors = 0;

/** The library, one instance per process. */
export function loadHdf5(): Promise<Hdf5Library> {
  current ??= start();
  return current;
}

/** Tell that the library threw; after a trap, or too many errors, the next caller of `loadHdf5` gets a fresh instance. */
export function noteHdf5Error(trapped: boolean): void {
  errors++;
  if (!trapped && errors < MOST_ERRORS) return;
  current = undefined;
  errors = 0;
}

async function start(): Promise<Hdf5Library> {
  const library = await withoutItsNoise(() => importInstance(instances++));
  const { module } = library;
  module.activate_throwing_error_handler();
  const plugins = dirname(createRequire(import.meta.url).resolve('h5wasm-plugins'));
  module.insert_plugin_search_path(join(plugins, 'plugins'), 0);
  return library;
}

/**
 * The library keeps the `console.error` it finds while loading and prints to it before it throws. What it throws is
 * reported by whoever called it, so the printing is kept away from the user.
 */
async function withoutItsNoise(load: () => Promise<H5wasm>): Promise<Hdf5Library> {
  const original = console.error;
  let loading = true;
  const muted = (...words: unknown[]): void => {
    if (loading) original.apply(console, words);
  };
  console.error = muted;
  try {
    const library = await load();
    return { ...library, module: await library.ready };
  } finally {
    loading = false;
    if (console.error === muted) console.error = original;
  }
}

/** A module instance lives as long as its URL is remembered, so a second one needs another URL. */
function importInstance(number: number): Promise<H5wasm> {
  if (number === 0) return import('h5wasm/node');
  const url = `${import.meta.resolve('h5wasm/node')}?instance=${number}`;
  return import(url) as Promise<H5wasm>;
}
