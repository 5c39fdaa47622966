/**
 * Strict JSON: what cannot be written exactly is refused instead of becoming `null` or vanishing.
 *
 * Keys keep the order given; typed arrays are written as arrays; arrays of scalars stay on one line; −0 stays −0.
 */
import { Defect, InputRefused, type ErrorLocation } from './errors.ts';

/** Options of `toJson`. */
export interface JsonOptions {
  /** Spaces per level; 0 writes everything on one line. Default 2. */
  readonly indent?: number;
}

/** Write a value as JSON text (no final newline). Throws `Defect` with the path of a value that has no JSON form. */
export function toJson(value: unknown, options: JsonOptions = {}): string {
  return write(value, '$', options.indent ?? 2, '');
}

function write(value: unknown, path: string, indent: number, margin: string): string {
  if (typeof value === 'number') return writeNumber(value, path);
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  const list = asList(value);
  if (list !== null) return writeList(list, path, indent, margin);
  if (typeof value === 'object' && isPlainObject(value)) return writeObject(value, path, indent, margin);
  throw new Defect(`${path} has no JSON form: ${describe(value)}`);
}

function writeNumber(value: number, path: string): string {
  if (!Number.isFinite(value)) throw new Defect(`${path} is ${value}; write null and a reason instead`);
  return Object.is(value, -0) ? '-0' : String(value);
}

function writeList(list: ArrayLike<unknown>, path: string, indent: number, margin: string): string {
  const deeper = margin + ' '.repeat(indent);
  const items = Array.from(list, (item, k) => write(item, `${path}[${k}]`, indent, deeper));
  const nested = Array.from(list).some((item) => typeof item === 'object' && item !== null);
  if (indent === 0) return `[${items.join(',')}]`;
  if (!nested || items.length === 0) return `[${items.join(', ')}]`;
  return `[\n${items.map((item) => deeper + item).join(',\n')}\n${margin}]`;
}

function writeObject(value: object, path: string, indent: number, margin: string): string {
  const deeper = margin + ' '.repeat(indent);
  const colon = indent === 0 ? ':' : ': ';
  const items = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)}${colon}${write(item, `${path}.${key}`, indent, deeper)}`,
  );
  if (items.length === 0) return '{}';
  if (indent === 0) return `{${items.join(',')}}`;
  return `{\n${items.map((item) => deeper + item).join(',\n')}\n${margin}}`;
}

function asList(value: unknown): ArrayLike<unknown> | null {
  if (Array.isArray(value)) return value as unknown[];
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const view = value as unknown as ArrayLike<unknown>;
    return typeof view[0] === 'bigint' ? null : view;
  }
  return null;
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null ? value.constructor.name : typeof value;
}

/** Parse JSON text; `InputRefused` names the file, line and column of a syntax error. */
export function parseJson(text: string, where: ErrorLocation = {}): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const position = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
    const before = text.slice(0, position).split('\n');
    throw new InputRefused('the file is not valid JSON', {
      where: { ...where, line: before.length, column: before.at(-1)!.length + 1 },
      help: 'it may be cut short; write it again or take a copy that is whole',
      cause: error,
    });
  }
}
