/** Entry of a worker thread: turns the compile cache on before anything else is loaded, then starts the worker. */
import { enableCompileCache } from 'node:module';
import { workerData } from 'node:worker_threads';

const { compileCache } = workerData as { readonly compileCache: string | undefined };
if (compileCache !== undefined) enableCompileCache(compileCache);
// The suffix is that of this file: .ts in a checkout, .js in the package.
await import(new URL(`./worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url).href);
