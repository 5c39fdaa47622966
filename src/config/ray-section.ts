/** `parallel.ray`: which Ray, and the Python that has it. */
import type { z } from 'zod';
import type { RayConfig } from './config.ts';
import { fieldWithDefault, section, type JsonSchema } from './field.ts';
import { accepted, refused, show, type Reader } from './reading.ts';

const ADDRESS = String.raw`(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}`;
const MOST_LETTERS = 4000;

const readAddress: Reader<string> = (input) =>
  typeof input === 'string' && (/^(?:auto|local)$/.test(input) || new RegExp(`^${ADDRESS}$`).test(input))
    ? accepted(input)
    : refused(`${show(input)} is not the address of a Ray cluster`, 'write auto, local or host:port');

/** A name that is looked up, or a path; never more than one word for whoever starts it. */
const readPython: Reader<string> = (input) =>
  typeof input === 'string' && /^[^-\s\p{Cc}][^\p{Cc}]*$/u.test(input) && input.length <= MOST_LETTERS
    ? accepted(input)
    : refused(`${show(input)} is not a program`, 'write for example python3 or /opt/ray/bin/python');

const addressJson: JsonSchema = {
  anyOf: [{ enum: ['auto', 'local'] }, { type: 'string', pattern: `^${ADDRESS}$`, examples: ['10.0.0.4:6379'] }],
};

export const raySection: z.ZodType<RayConfig> = section('Ray, for ray', {
  address: fieldWithDefault(
    readAddress,
    'auto',
    'cluster to join, host:port; local: a Ray of this machine alone; auto: what RAY_ADDRESS says, else local',
    addressJson,
  ),
  python: fieldWithDefault(readPython, 'python3', 'Python that has Ray', { type: 'string', examples: ['python3'] }),
});

export const DEFAULT_RAY: RayConfig = { address: 'auto', python: 'python3' };

/** Keys and texts as a file has them. */
export function rayLines({ address, python }: RayConfig): readonly (readonly [key: string, text: string])[] {
  return [
    ['address', JSON.stringify(address)],
    ['python', JSON.stringify(python)],
  ];
}
