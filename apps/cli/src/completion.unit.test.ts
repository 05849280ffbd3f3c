import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { rcm } from './testing.fixture.ts';

describe('completion', () => {
  const complete = async (line: string): Promise<string[]> => {
    const { stdout } = await rcm(['completion', 'bash']);
    const words = line.split(' ');
    const script = `${stdout}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _rcm; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
  };
  test('knows commands, those below them, and their options', async () => {
    expect(await complete('rcm ov')).toEqual(['overview']);
    expect(await complete('rcm login ')).toEqual(expect.arrayContaining(['show', 'history', 'retry', 'unlocked']));
    expect(await complete('rcm logins --never')).toEqual(['--never-used']);
    expect(await complete('rcm logins --org x --fail')).toEqual(['--failing']);
  });
  test.each(['zsh', 'fish'])('is written for %s from the same tree', async (shell) => {
    const { code, stdout } = await rcm(['completion', shell]);
    expect(code).toBe(0);
    for (const word of ['overview', 'history', '--never-used', 'portal-type show']) expect(stdout).toContain(word);
  });
});
