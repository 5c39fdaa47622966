/** The version of this package, read from its own package.json. */
import { readFileSync } from 'node:fs';
import { InputRefused } from '../../base/errors.ts';

/** Throws `InputRefused` where the installation is damaged. */
export function packageVersion(): string {
  const file = new URL('../../../package.json', import.meta.url);
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (typeof parsed === 'object' && parsed !== null && 'version' in parsed && typeof parsed.version === 'string') {
    return parsed.version;
  }
  throw new InputRefused('the installation is damaged: package.json names no version', {
    help: 'install twotime again',
  });
}
