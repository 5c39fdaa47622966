/** What a fit is told in a program: the keys of a configuration file as an object. */
import { ConfigRefused } from '../base/errors.ts';
import { asError, readConfig, type Config, type ConfigKeys } from '../config/index.ts';

/** A value as a file has it: numbers with units are text, such as `'200 um'`. */
export type SettingValue = string | number | boolean | null | readonly SettingValue[];

type Given<T> = [T] extends [boolean] ? boolean : [T] extends [string] ? T : SettingValue;
type Section<T> = { readonly [K in keyof T]?: Given<T[K]> };

/** `D0: { value: '19230 Angstrom^2/s' }`, `alpha: 'fixed 0'`; keys as docs/configuration.md names them. */
export type ParameterSettings = Readonly<
  Record<string, string | Section<Record<'value' | 'vary' | 'bounds' | 'prior' | 'tie', unknown>>>
>;

/** The keys of a configuration file, spelled as there; `model` alone has to be given. */
export interface Settings {
  readonly model: ConfigKeys['model'];
  readonly convention?: ConfigKeys['convention'];
  readonly seed?: number;
  readonly data?: Section<ConfigKeys['data']>;
  readonly parameters?: ParameterSettings;
  readonly scaling?: Section<ConfigKeys['scaling']>;
  readonly fit?: Section<ConfigKeys['fit']>;
  readonly noise?: Section<ConfigKeys['noise']>;
  readonly sample?: Section<ConfigKeys['sample']>;
  readonly parallel?: Section<ConfigKeys['parallel']>;
  readonly output?: Section<ConfigKeys['output']>;
}

/** The configuration of settings, every default filled in. Throws one `ConfigRefused` that names everything wrong. */
export function configure(settings: Settings | Config): Config {
  if ('origins' in settings) return settings;
  const { config, problems } = readConfig(JSON.stringify(settings), PLACE);
  if (config !== null) return { ...config, file: null };
  throw asError(problems.map(withoutLine));
}

const PLACE = 'settings';

/** Settings have no lines to point at. */
function withoutLine({ message, help, where }: ConfigRefused): ConfigRefused {
  const key = where?.key;
  return new ConfigRefused(message, {
    where: { file: PLACE, ...(key === undefined ? {} : { key }) },
    ...(help === undefined ? {} : { help }),
  });
}
