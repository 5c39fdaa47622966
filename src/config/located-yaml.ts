/** YAML 1.2 text to plain values, with the line and column of every key and value. */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Pair,
  type YAMLMap,
  type YAMLError,
} from 'yaml';
import type { ErrorLocation } from '../base/errors.ts';
import { ConfigRefused } from '../base/errors.ts';

export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface LocatedTree {
  /** Mappings as objects without prototype, sequences as arrays, scalars as they are; undefined for an empty text. */
  readonly tree: unknown;
  /** Where the key, or the value, at a path of mapping keys stands. */
  readonly positions: ReadonlyMap<string, { readonly key: Position; readonly value: Position }>;
  /** What makes the text unreadable as a configuration, in the order of the text. */
  readonly problems: readonly ConfigRefused[];
}

/** The key of `positions` for a path. */
export function pathKey(path: readonly string[]): string {
  return path.join('\u0000');
}

/** Read a text. `where` names its origin in the problems. */
export function readYaml(text: string, where: ErrorLocation): LocatedTree {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, version: '1.2' });
  const positions = new Map<string, { key: Position; value: Position }>();
  const problems: ConfigRefused[] = [];

  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const refuse = (offset: number, message: string, help: string): void => {
    problems.push(new ConfigRefused(message, { where: { ...where, ...positionAt(offset) }, help }));
  };

  const convert = (node: unknown, path: readonly string[]): unknown => {
    if (isScalar(node)) return node.value;
    if (isSeq(node)) return node.items.map((item) => convert(item, path));
    if (isMap(node)) return convertMap(node, path);
    if (isAlias(node)) {
      refuse(node.range?.[0] ?? 0, `the alias *${node.source} is not read here`, 'write the value out');
    }
    return null;
  };

  const convertMap = (map: YAMLMap, path: readonly string[]): unknown => {
    const result = Object.create(null) as Record<string, unknown>;
    for (const { pair, text: joined } of joinCallArguments(map, text)) {
      const start = rangeOf(pair.key)[0];
      const name = isScalar<string | number | boolean | null>(pair.key) ? pair.key.value : null;
      if (name === null) {
        refuse(start, 'this key is not a word', 'write key: value');
        continue;
      }
      const key = String(name);
      const below = [...path, key];
      const known = positions.get(pathKey(below));
      if (known !== undefined) {
        const help = `keep one of the two; the first is in line ${known.key.line}`;
        refuse(start, `the key '${key}' stands twice${path.length === 0 ? '' : ` in '${path.join('.')}'`}`, help);
        continue;
      }
      const valueStart = pair.value === null || pair.value === undefined ? start : rangeOf(pair.value)[0];
      positions.set(pathKey(below), { key: positionAt(start), value: positionAt(valueStart) });
      result[key] = joined ?? convert(pair.value, below);
    }
    return result;
  };

  const [syntaxError] = [...document.errors, ...document.warnings];
  if (syntaxError !== undefined) {
    refuse(syntaxError.pos[0], ...explainSyntax(syntaxError));
    return { tree: undefined, positions, problems };
  }
  const tree = document.contents === null ? undefined : convert(document.contents, []);
  return { tree, positions, problems };
}

function rangeOf(node: unknown): readonly [number, number] {
  const range = (node as { range?: readonly [number, number, number] | null } | null)?.range;
  return range === null || range === undefined ? [0, 0] : [range[0], range[1]];
}

/**
 * In `{ prior: Normal(0, 1) }` YAML sees the comma as the end of the entry and `1)` as a key without value. Such entries
 * are put together again: a plain text with an open parenthesis takes what follows up to the closing one.
 */
function joinCallArguments(map: YAMLMap, text: string): { pair: Pair; text?: string }[] {
  const joined: { pair: Pair; text?: string }[] = [];
  for (let i = 0; i < map.items.length; i++) {
    const pair = map.items[i]!;
    let end = i;
    if (
      map.flow === true &&
      isScalar(pair.value) &&
      pair.value.type === 'PLAIN' &&
      hasOpenCall(String(pair.value.value))
    ) {
      while (end + 1 < map.items.length && isBareKey(map.items[end + 1]!)) {
        end++;
        if (sourceOf(map.items[end]!, text).includes(')')) break;
      }
    }
    if (end === i || !sourceOf(map.items[end]!, text).endsWith(')')) {
      joined.push({ pair });
      continue;
    }
    joined.push({ pair, text: text.slice(rangeOf(pair.value)[0], rangeOf(map.items[end]!.key)[1]) });
    i = end;
  }
  return joined;
}

function hasOpenCall(value: string): boolean {
  return /^[A-Za-z]+\([^()]*$/.test(value);
}

function isBareKey(pair: Pair): boolean {
  return isScalar(pair.key) && (pair.value === null || (isScalar(pair.value) && pair.value.value === null));
}

function sourceOf(pair: Pair, text: string): string {
  const [start, end] = rangeOf(pair.key);
  return text.slice(start, end);
}

/** A sentence and an advice for what makes a text no YAML. */
function explainSyntax(error: YAMLError): [message: string, help: string] {
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return ['a tab is used for indentation', 'indent with spaces; YAML does not allow tabs'];
    case 'MULTIPLE_DOCS':
      return ['a second document begins here', 'keep one document per file; remove the line ---'];
    case 'MISSING_CHAR':
      if (!/flow|quote/i.test(error.message)) break;
      return error.message.includes('quote') ? ['a quote is not closed', 'close it'] : UNCLOSED_BRACKET;
    case 'BAD_INDENT':
      if (!/flow/i.test(error.message)) break;
      return UNCLOSED_BRACKET;
    case 'BLOCK_AS_IMPLICIT_KEY':
      return ["not YAML: a second 'key: value' on the same line", 'begin a new line, or write { key: value }'];
    case 'TAG_RESOLVE_FAILED':
      return ['tags (!name) are not read here', 'write the value without a tag'];
    default:
  }
  return [`not YAML: ${firstLine(error.message)}`, 'check indentation, colons, quotes and brackets here and above'];
}

const UNCLOSED_BRACKET: [message: string, help: string] = ['a bracket is not closed', 'close the [ or { opened before'];

function firstLine(message: string): string {
  const line = message.split('\n')[0]!;
  return line.slice(0, 1).toLowerCase() + line.slice(1);
}
