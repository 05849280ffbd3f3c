import { expect, test, vi } from 'vitest';
import { signalIfThere } from './signal.ts';

test('what could not be started is sent nothing: its number would be that of our own group', () => {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  try {
    signalIfThere(0, 'SIGTERM');
    signalIfThere(-0, 'SIGKILL');
    expect(kill).not.toHaveBeenCalled();
  } finally {
    kill.mockRestore();
  }
});
