import { InvalidArgumentError } from 'commander';

/** Parser of an option's number within bounds. */
export const within =
  (least: number, most: number, kind: 'whole' | 'any' = 'any') =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= least && value <= most) || (kind === 'whole' && !Number.isInteger(value)))
      throw new InvalidArgumentError(`It must be a ${kind === 'whole' ? 'whole ' : ''}number from ${least} to ${most}.`);
    return value;
  };
