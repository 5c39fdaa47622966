/** Shards of consensus Monte Carlo in the report: what became of each, whether they agree, and how far their combination was off. */
import type { PosteriorRecord } from '../results/index.ts';
import { inAscii } from './ascii.ts';
import { counted, plain } from './number-format.ts';
import { textTable } from './text-table.ts';
import { wrap } from './wrap.ts';

type Consensus = NonNullable<PosteriorRecord['consensus']>;

const INDENT = '    ';

/** Lines; none for other methods. */
export function consensusLines(consensus: PosteriorRecord['consensus']): string[] {
  if (consensus === null) return [];
  return [
    ...row('shards', shardsText(consensus)),
    ...row('agreement', agreementText(consensus)),
    ...row('combination', combinationText(consensus)),
    ...shardTable(consensus),
  ];
}

function row(label: string, content: string): string[] {
  return wrap(`${INDENT}${label.padEnd(18)} = `, inAscii(content));
}

function shardsText({ shards, used, leftOut, strips }: Consensus): string {
  const missing = shards.flatMap(({ shard, leftOut: why }) => (why === null ? [] : [`${(shard ?? 0) + 1}: ${why}`]));
  return (
    `${used} combined, ${leftOut} left out${missing.length === 0 ? '' : ` (${missing.join('; ')})`}; ` +
    `${counted(strips ?? 0, 'strip')} of frames each`
  );
}

function agreementText({ agreement, used }: Consensus): string {
  if ((used ?? 0) < 2) return 'unknown: one shard has nothing to agree with';
  const { q, freedom, probability, iSquared, divergences, coordinates, findings } = agreement;
  const largest = Math.max(0, ...divergences.flat().map((one) => one ?? Infinity));
  const said = findings.length === 0 ? ['the shards agree'] : findings;
  return (
    `Cochran Q ${plain(q ?? NaN, 3)} for ${counted(freedom ?? 0, 'degree')} of freedom (probability ${plain(probability ?? NaN, 2)}), ` +
    `I2 ${(100 * (iSquared ?? 0)).toFixed(0)} %, largest KL between two shards ${plain(largest, 2)} ` +
    `(about ${coordinates.length} where they agree): ${said.join('; ')}`
  );
}

/** The combination is a proposal; what counts are the weights of all data, whose answer is the posterior. */
function combinationText({ combined, accepted }: Consensus): string {
  const largest = (values: readonly (number | null)[], from: number): number =>
    Math.max(...values.map((value) => (value === null ? NaN : Math.abs(value - from))));
  return (
    `off by at most ${plain(largest(combined.shift, 0), 2)} sd in a mean and ${plain(100 * largest(combined.stretch, 1), 2)} % in an sd; ` +
    (accepted ? 'corrected, and certified, by the weights of all data' : 'NOT certified by the weights of all data')
  );
}

function shardTable({ shards }: Consensus): string[] {
  const known = (value: number | null, write: (one: number) => string): string => (value === null ? '-' : write(value));
  const rows = shards.map(({ shard, points, draws, divergent, rHat, essBulk, kHat, leftOut }) => [
    String((shard ?? 0) + 1),
    known(points, String),
    known(draws, String),
    known(divergent, String),
    known(rHat, (one) => one.toFixed(3)),
    known(essBulk, (one) => one.toFixed(0)),
    known(kHat, (one) => one.toFixed(2)),
    leftOut === null ? 'yes' : 'no',
  ]);
  return textTable([['shard', 'points', 'draws', 'divergent', 'R-hat', 'bulk', 'Pareto k', 'used'], ...rows], {
    gap: 3,
  });
}
