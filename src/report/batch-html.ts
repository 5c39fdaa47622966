/** `summary.html`: all jobs of a batch in one file without a network, sortable, with links to the runs and figures in it. */
import type { BatchRecord, JobParameter, JobRecord } from '../results/index.ts';
import { countsText } from './batch-text.ts';
import { plain, withError } from './number-format.ts';

/** Figures as SVG text. */
export function batchHtml(record: BatchRecord, figures: readonly string[], title: string): string {
  const { counts, jobs, updated } = record;
  const names = [...new Set(jobs.flatMap(({ result }) => Object.keys(result?.parameters ?? {})))];
  const varied = names.filter((name) => jobs.some(({ result }) => result?.parameters[name]?.vary === true));
  const configs = [...new Set(jobs.map(({ config }) => config))];
  const header = [
    'run',
    'file',
    ...(configs.length > 1 ? ['configuration'] : []),
    'q (1/Å)',
    'status',
    'reduced χ²',
    ...varied,
    'contrast',
    'seconds',
    'digest',
    'reason',
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escape(title)}</h1>
<p>${escape(countsText(counts))}. Written ${escape(updated.slice(0, 19).replace('T', ' '))} UTC. Values with one standard error, under thermal speckle where it is known. A click on a title sorts.</p>
<div class="wide"><table>
<thead><tr>${header.map((name) => `<th scope="col"><button type="button">${escape(name)}</button></th>`).join('')}</tr></thead>
<tbody>
${jobs.map((job) => rowOf(job, varied, configs.length > 1)).join('\n')}
</tbody>
</table></div>
${figures.map((svg) => `<figure>${svg}</figure>`).join('\n')}
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function rowOf(job: JobRecord, varied: readonly string[], namesConfig: boolean): string {
  const { name, file, status, reason, result, seconds } = job;
  const q = result?.q ?? job.q;
  const total = seconds === null ? null : seconds.load + seconds.fit + (seconds.sample ?? 0) + seconds.write;
  const folder = encodeURIComponent(name);
  const run = result === null ? escape(name) : `<a href="${folder}/report.txt">${escape(name)}</a>`;
  const said = result === null || result.fit === 'converged' ? status : `${status}: ${result.fit}`;
  const cells = [
    cell(run, name),
    cell(escape(file), file),
    ...(namesConfig ? [cell(escape(job.config), job.config)] : []),
    number(q),
    `<td class="${status}${result !== null && result.fit !== 'converged' ? ' doubtful' : ''}">${escape(said)}</td>`,
    number(result?.reducedChi2 ?? null, 4),
    ...varied.map((one) => parameterCell(result?.parameters[one], result?.shownErrors === 'speckle')),
    number(result?.contrast ?? null, 4),
    number(total, 3),
    cell(`<code>${escape(result?.digest.slice(0, 12) ?? '')}</code>`, result?.digest ?? ''),
    cell(escape((reason ?? '').split('\n')[0]!), reason ?? ''),
  ];
  return `<tr>${cells.join('')}</tr>`;
}

function parameterCell(one: JobParameter | undefined, speckle: boolean): string {
  if (one?.value === undefined || one.value === null) return number(null);
  const error = speckle ? one.speckle : one.independent;
  const text = error === null ? plain(one.value) : withError(one.value, error);
  const note = one.atBound === null ? '' : ` (at ${one.atBound} bound)`;
  return numberCell(one.value, `${text} ${one.unit}${note}`);
}

function cell(content: string, key: string): string {
  return `<td data-key="${escape(key)}">${content}</td>`;
}

function number(value: number | null, digits = 6): string {
  return numberCell(value, value === null ? '' : plain(value, digits));
}

function numberCell(key: number | null, content: string): string {
  return `<td class="number" data-key="${key ?? ''}">${escape(content)}</td>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

const STYLE = `
body { font: 14px/1.45 system-ui, sans-serif; margin: 1.5rem; color: #222; background: #fff; }
h1 { font-size: 1.3rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #ddd; text-align: left; white-space: nowrap; }
td:last-child { white-space: normal; min-width: 18rem; }
.number { text-align: right; }
th button { font: inherit; font-weight: 600; border: 0; background: none; padding: 0; cursor: pointer; }
th[aria-sort] button::after { content: " ↑"; }
th[aria-sort="descending"] button::after { content: " ↓"; }
.failed { color: #a3221a; font-weight: 600; }
.skipped, .pending, .cancelled, .doubtful { color: #7a5a00; font-weight: 600; }
figure { margin: 1.5rem 0; }
figure svg { max-width: 100%; height: auto; }
`;

/** Numbers by size, words in natural order, what is empty last. */
const SCRIPT = `
const body = document.querySelector('tbody');
const heads = [...document.querySelectorAll('th')];
const collator = new Intl.Collator(undefined, { numeric: true });
const keyOf = (row, column) => row.cells[column].dataset.key ?? row.cells[column].textContent;
for (const [column, head] of heads.entries()) {
  head.addEventListener('click', () => {
    const down = head.getAttribute('aria-sort') === 'ascending';
    for (const other of heads) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const rows = [...body.rows].map((row) => [keyOf(row, column), row]);
    const numeric = rows.every(([key]) => key === '' || Number.isFinite(Number(key)));
    rows.sort(([a], [b]) => {
      if (a === '' || b === '') return a === b ? 0 : a === '' ? 1 : -1;
      const order = numeric ? Number(a) - Number(b) : collator.compare(a, b);
      return down ? -order : order;
    });
    body.append(...rows.map(([, row]) => row));
  });
}
`;
