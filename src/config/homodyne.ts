/** Recognise a configuration of homodyne 2.x (or xpcsjax), whose keys mean other things and carry no units. */
import { ConfigRefused } from '../base/errors.ts';
import { asMapping, type Mapping } from './mapping.ts';

const TELLING_KEYS = [
  'analyzer_parameters',
  'experimental_data',
  'initial_parameters',
  'parameter_space',
  'optimization',
  'analysis_mode',
  'analysis_settings',
  'phi_filtering',
];

/** The refusal of a homodyne file, with the few values worth copying written our way; null for any other file. */
export function refuseHomodyne(tree: unknown, file: string): ConfigRefused | null {
  const root = asMapping(tree);
  if (root === null || root['schema'] !== undefined || root['model'] !== undefined) return null;
  const found = TELLING_KEYS.filter((key) => root[key] !== undefined);
  if (found.length === 0) return null;
  return new ConfigRefused(`this is a homodyne 2.x configuration (it has ${found.join(', ')}), not one of twotime`, {
    where: { file, line: 1, column: 1 },
    help:
      'write the few keys by hand (this version has no `twotime config migrate`): `twotime config init` gives the ' +
      `frame, then ${equivalent(root)}`,
  });
}

/** The experiment's numbers in our spelling; homodyne's units are 1/Å, Å and s. */
function equivalent(root: Mapping): string {
  const analyzer = asMapping(root['analyzer_parameters']) ?? {};
  const scattering = asMapping(analyzer['scattering']) ?? {};
  const geometry = asMapping(analyzer['geometry']) ?? {};
  const parts: string[] = [];
  const add = (key: string, value: unknown, unit: string): void => {
    if (typeof value === 'number' && Number.isFinite(value)) parts.push(`${key}: ${value} ${unit}`);
  };
  add('q', scattering['wavevector_q'], '1/Angstrom');
  add('gap', geometry['stator_rotor_gap'], 'Angstrom');
  add('dt', analyzer['dt'], 's');
  const [first, last] = [analyzer['start_frame'], analyzer['end_frame']];
  if (typeof first === 'number' && typeof last === 'number' && last > first) parts.push(`frames: ${first}..${last}`);
  const model =
    root['analysis_mode'] === 'laminar_flow' || root['analysis_mode'] === 'static' ? root['analysis_mode'] : null;
  const lines = [
    model === null ? '' : `model: ${model}`,
    'convention: homodyne2',
    parts.length === 0 ? '' : `data: { ${parts.join(', ')} }`,
  ].filter((line) => line !== '');
  return lines.join('; ');
}
