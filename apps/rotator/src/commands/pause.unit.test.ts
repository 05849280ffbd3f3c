import type { PauseScope, ResumedRotations } from '@rcm/db/rotation';
import { describe, expect, it } from 'vitest';
import { resumedLines } from './pause.ts';

const ALL: PauseScope = { kind: 'all' };
const ALPINE: PauseScope = { kind: 'portal_type', portalTypeCode: 'alpine' };
const LOGIN: PauseScope = { kind: 'endpoint', orgId: 'hospital-1', endpointId: 'alpine-1' };
const ENDED: ResumedRotations = { wasPaused: true, wasStopped: false, stillPaused: [], stillPausedInAll: 0 };
const still = (...stillPaused: PauseScope[]): ResumedRotations => ({ ...ENDED, stillPaused, stillPausedInAll: stillPaused.length });

describe('what `resume` says', () => {
  it.each<[string, PauseScope, ResumedRotations, string[]]>([
    ['where nothing else holds', ALPINE, ENDED, ['goes on: rotations at portal type alpine']],
    ['of a breaker', ALPINE, { ...ENDED, wasPaused: false, wasStopped: true }, ['goes on: rotations at portal type alpine (its breaker was open)']],
    ['of nothing', LOGIN, { ...ENDED, wasPaused: false }, ['there was no such pause: rotations of endpoint alpine-1']],
    [
      'where a wider pause holds: that nothing goes on',
      LOGIN,
      still(ALL, ALPINE),
      [
        'this pause has ended, and another holds: rotations of endpoint alpine-1',
        'still paused: all rotations',
        'still paused: rotations at portal type alpine',
      ],
    ],
    [
      'where parts of it are paused',
      ALL,
      still(ALPINE, LOGIN),
      ['goes on: all rotations', 'still paused: rotations at portal type alpine', 'still paused: rotations of endpoint alpine-1'],
    ],
    [
      'where there are more than are named',
      ALL,
      { ...still(ALPINE), stillPausedInAll: 25 },
      ['goes on: all rotations', 'still paused: rotations at portal type alpine', 'still paused: 24 more, which `rcm status` names'],
    ],
    [
      'of nothing, while another holds',
      ALPINE,
      { ...still(ALL), wasPaused: false },
      ['there was no such pause, and no open breaker: rotations at portal type alpine', 'still paused: all rotations'],
    ],
  ])('%s', (_, scope, resumed, lines) => {
    expect(resumedLines(scope, resumed)).toEqual(lines);
  });
});
