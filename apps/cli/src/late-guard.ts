/**
 * For what is answered before the logger is loaded: an error that escapes meanwhile loads it, and ends the process as everywhere else, with 1 and one masked line.
 * Without it Node would print the error as it is, with whatever it quotes.
 */
export function guardLate(): void {
  const escaped = (error: unknown): void => {
    process.off('uncaughtException', escaped).off('unhandledRejection', escaped);
    void import('./guarded.ts').then(({ endWith }) => endWith(error));
  };
  process.on('uncaughtException', escaped).on('unhandledRejection', escaped);
}
