import { describe, expect, test, vi } from 'vitest';
import { GATHERED } from './gathered-commands.ts';
import { rcm } from './testing.fixture.ts';

/** What help writes, wherever the program that is gathered writes it. */
async function helpOf(words: readonly string[]): Promise<string> {
  let text = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => ((text += String(chunk)), true));
  try {
    const { stdout } = await rcm([...words, '--help']);
    return stdout + text;
  } finally {
    spy.mockRestore();
  }
}

describe('the help of a gathered command', () => {
  test.each(GATHERED.map((command) => [command.path.join(' '), command] as const))(
    'rcm %s is headed as it is called',
    async (words, { namesLogin = false, there }) => {
      const help = await helpOf(words.split(' '));
      const heading = /^Usage: (.*)$/m.exec(help)?.[1] ?? '';
      expect(heading.startsWith(`rcm ${words}${namesLogin ? ' <id>' : ''} [options]`)).toBe(true);
      if (namesLogin) expect(help).not.toContain('--endpoint');
      else if (there.length > 0 && help.includes('--endpoint')) expect(help).toContain('--endpoint <id>');
      expect(help.match(/display help for command/g)).toHaveLength(there.length > 0 ? 1 : 2);
    },
  );

  test.each([
    [['migrate', 'plan'], 'rcm migrate plan'],
    [['audit', 'heads', 'write'], 'rcm audit heads write'],
    [['portal', 'lint'], 'rcm portal lint'],
  ])('%j is headed by all of its words', async (words, heading) => {
    expect(await helpOf(words)).toContain(`Usage: ${heading} [options]`);
  });
});
