/**
 * The identity of a task: sha256 over its name, version and input, so that equal work has one name everywhere.
 *
 * The input is walked in a canonical order; numbers enter as float64 bytes, arrays of numbers as their bytes. What lies in
 * shared memory enters as its place and length, shared data as their digest alone.
 */
import { Defect } from '../base/errors.ts';
import type { Task } from './protocol.ts';
import { isDataRef } from './shared-data.ts';

/** Hex, 32 characters. */
export async function taskIdentity(task: Task<never, unknown>, input: unknown): Promise<string> {
  const parts: Uint8Array[] = [];
  const text = (value: string): void => void parts.push(new TextEncoder().encode(`${value}\n`));
  text(`${task.name}@${task.version}`);
  walk(task.decides === undefined ? input : task.decides(input as never), '$', text, parts);
  const digest = await crypto.subtle.digest('SHA-256', join(parts));
  return Array.from(new Uint8Array(digest).subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function walk(value: unknown, path: string, text: (value: string) => void, parts: Uint8Array[]): void {
  if (value === null || value === undefined || typeof value === 'boolean') text(String(value));
  else if (typeof value === 'string') text(`s${value.length}:${value}`);
  else if (typeof value === 'number') parts.push(new Uint8Array(Float64Array.of(value).buffer));
  else if (ArrayBuffer.isView(value)) {
    text(`${value.constructor.name} ${value.byteLength}`);
    if (value.buffer instanceof SharedArrayBuffer) text(`at ${value.byteOffset}`);
    else parts.push(new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice());
  } else if (Array.isArray(value)) {
    text(`[${value.length}`);
    value.forEach((item, k) => walk(item, `${path}[${k}]`, text, parts));
  } else if (typeof value === 'object' && isDataRef(value)) text(`data ${value.digest}`);
  else if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    text(`{${entries.length}`);
    for (const [key, item] of entries) {
      text(key);
      walk(item, `${path}.${key}`, text, parts);
    }
  } else throw new Defect(`the input of a task must be plain data; ${path} is ${typeof value}`);
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
