/** Where a command reads its settings and writes. */
export interface Terminal {
  readonly environment: NodeJS.ProcessEnv;
  readonly stdout: Screen;
  readonly stderr: Screen;
}

interface Screen {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export type ColourMode = 'auto' | 'always' | 'never';
const CODES = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const;
export type Style = keyof typeof CODES;

/** How to write for whoever reads: how wide, in colour or not, and what time it is. */
export interface View {
  readonly width: number;
  readonly now: Date;
  paint(style: Style, text: string): string;
}

/** A pipe is as wide as what is written into it. */
const ENDLESS = 10_000;
const NARROWEST = 40;

/** `auto` is colour at a terminal, unless NO_COLOR is set (no-color.org) or it is a dumb one. */
export function viewOf({ stdout, environment }: Terminal, colour: ColourMode, now: Date): View {
  const atTerminal = stdout.isTTY === true;
  const wanted = colour === 'auto' ? atTerminal && !environment.NO_COLOR && environment.TERM !== 'dumb' : colour === 'always';
  return {
    width: atTerminal ? Math.max(NARROWEST, stdout.columns ?? 80) : ENDLESS,
    now,
    paint(style, text) {
      const [on, off] = CODES[style];
      return wanted && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text;
    },
  };
}
