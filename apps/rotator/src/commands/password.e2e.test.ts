import { describe, expect, it } from 'vitest';
import { callRotator, runRotator } from '../process.fixture.ts';

describe('sample passwords', () => {
  it('are printed as JSON for whoever writes a portal type, without any configuration', async () => {
    const end = await runRotator(['password', '--rules', 'minlength: 9; maxlength: 9; required: upper; allowed: digit', '--count', '5', '--json'], {});
    const { passwords } = end.json<{ passwords: string[] }>();
    expect([end.code, passwords.length, passwords.every((p) => /^(?=.*[A-Z])[A-Z0-9]{9}$/.test(p))]).toEqual([0, 5, true]);
  });

  it('are refused with place and reason', async () => {
    const end = await callRotator(['password', '--rules', 'minlength: 9; required: capital', '--json'], {});
    expect([end.code, end.json<{ error: object }>().error]).toMatchObject([
      2,
      { code: 'input_invalid', message: expect.stringContaining('at character 25: there is no set of characters called "capital"') },
    ]);
  });
});
