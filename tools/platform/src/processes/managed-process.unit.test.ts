import { describe, expect, it } from 'vitest';
import { endedEarly, lastWords } from './managed-process.ts';

describe('what is said about a process that ended', () => {
  it('is the last line, without the stack', () => {
    expect(lastWords('first\nThe port is in use.\n    at listen (node:net:1)\n')).toBe('The port is in use.');
  });

  it('is the message of a JSON log line', () => {
    expect(lastWords('{"level":50,"msg":"cannot start","err":{"message":"no Chromium"}}\n')).toBe('cannot start: no Chromium');
  });

  it('is the error of a crash, not the dump behind it', () => {
    const crash =
      "node:events:486\n      throw er;\n      ^\n\nError: ENOSPC: no space left on device, write\n    at x (y.ts:1:1)\n  errno: -28,\n  code: 'ENOSPC'\n}\n\nNode.js v24.21.0\n";
    expect(lastWords(crash)).toBe('Error: ENOSPC: no space left on device, write');
  });

  it('is what Docker refused, not the advice behind it', () => {
    const refused = 'docker: Error response from daemon: No such image: rcm/rcm:latest';
    for (const advice of ["See 'docker run --help'.", "Run 'docker run --help' for more information"])
      expect(lastWords(`${refused}\n\n${advice}\n`)).toBe(refused);
  });

  it('is no word of its work, which is not why it ended', () => {
    const worked = '{"level":30,"msg":"a login whose password was refused was searched"}';
    expect(endedEarly('rotator', { code: null, signal: 'SIGKILL' }, `${worked}\n`, '/d/rotator.log').message).toBe(
      'rotator was ended by SIGKILL (its log: /d/rotator.log)',
    );
  });

  it('is one sentence that names process, exit and log', () => {
    expect(endedEarly('rotator', { code: 3, signal: null }, 'It broke.', '/d/rotator.log').message).toBe(
      'rotator ended with code 3: It broke. (its log: /d/rotator.log)',
    );
    expect(endedEarly('rotator', { code: null, signal: 'SIGKILL' }, '', '/d/rotator.log').message).toBe(
      'rotator was ended by SIGKILL (its log: /d/rotator.log)',
    );
  });
});
