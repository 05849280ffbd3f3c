import { mkdtempSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRetryable } from '@rcm/telemetry';
import { expect, it } from 'vitest';
import { KeptPlace } from './place.ts';

const REACHED = { seq: 7, hash: 'abc' };

it.runIf(process.platform === 'linux')('a disk that is full ends no stream: the place stays as it was, and is kept once there is room', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'rcm-place-'));
  try {
    const file = join(folder, 'trail.place');
    const place = KeptPlace.read(file, 'file:trail');
    await place.keep('hospital-1', { seq: 3, hash: 'x' });
    // It answers every write with ENOSPC.
    symlinkSync('/dev/full', `${file}.part`);
    const failure: unknown = await place.keep('hospital-1', REACHED).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'audit_unavailable', message: expect.stringContaining('ENOSPC') as string });
    expect(isRetryable(failure)).toBe(true);
    expect(KeptPlace.read(file, 'file:trail').of('hospital-1')).toEqual({ seq: 3, hash: 'x' });
    unlinkSync(`${file}.part`);
    await place.keep('hospital-1', REACHED);
    expect(KeptPlace.read(file, 'file:trail').of('hospital-1')).toEqual(REACHED);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('a place that cannot be written whatever room there is is a wrong configuration', async () => {
  const place = KeptPlace.read(join(tmpdir(), 'rcm-no-such-folder', 'trail.place'), 'file:trail');
  await expect(place.keep('hospital-1', REACHED)).rejects.toMatchObject({ code: 'config_invalid' });
});
