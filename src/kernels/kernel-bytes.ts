/** Read the compiled kernels that lie beside this file: from disk in Node, over the network in a browser. */

export async function readKernelBytes(): Promise<Uint8Array<ArrayBuffer>> {
  const url = new URL('./kernels.wasm', import.meta.url);
  if (url.protocol === 'file:') {
    // Node's fetch refuses file URLs.
    const { readFile } = await import('node:fs/promises');
    return new Uint8Array(await readFile(url));
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.href}: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}
