import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parametersCsv } from '../../src/results/index.ts';
import { askPython, missingPython } from '../support/numpy.ts';
import { makeSyntheticFit, recordOf } from '../support/synthetic-fit.ts';

const fit = makeSyntheticFit({ angles: 2, frames: 12 });
const record = recordOf(fit);

test('the table has one row per parameter and per angle of contrast and offset', () => {
  const [header, ...rows] = parametersCsv(record).trimEnd().split('\r\n');
  expect(header).toBe(
    'file,q_inv_angstrom,phi_deg,parameter,value,unit,error_speckle,error_independent,error_dyadic,reason,near_degenerate,vary,tie,start,lower_bound,upper_bound,at_bound',
  );
  expect(rows).toHaveLength(7 + 2 * 2);
  expect(rows[0]).toBe(
    'data/sheared-suspension.h5,0.00237,,D0,19230,Angstrom^2/s,384.6,76.92,192.3,,false,true,,10000,1,1000000,',
  );
  expect(rows[8]).toContain('0.00237,-90,offset,1,,0.0001,0.00002,');
});

test('commas, quotes and line breaks in a file name survive', () => {
  const odd = { ...record, data: { ...record.data, file: 'a "b", c\n.h5' } };
  expect(parametersCsv(odd)).toContain('\r\n"a ""b"", c\n.h5",0.00237,,D0,');
});

test('contrast and offset count as fixed when the scaling is', () => {
  const fixed = { ...record, scaling: { ...record.scaling, mode: 'fixed' as const } };
  const rows = parametersCsv(fixed).trimEnd().split('\r\n').slice(8);
  expect(rows.every((row) => row.includes(',false,'))).toBe(true);
});

test('pandas reads numbers as numbers and unknown ones as NaN', (context) => {
  const reason = missingPython(['pandas']);
  if (reason !== null) context.skip(reason);
  const folder = mkdtempSync(join(tmpdir(), 'twotime-csv-'));
  try {
    const path = join(folder, 'parameters.csv');
    writeFileSync(path, parametersCsv(record));
    const script = `
import json, sys, pandas
df = pandas.read_csv(sys.argv[1])
row = df.set_index('parameter').loc['beta']
print(json.dumps([len(df), row['value'], bool(pandas.isna(row['error_speckle'])), float(df.loc[df.parameter == 'contrast', 'phi_deg'].sum())]))`;
    expect(askPython(script, [path])).toEqual([11, 0.3, true, 0]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
