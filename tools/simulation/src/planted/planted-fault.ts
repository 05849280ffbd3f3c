import type { FindingKind } from '../oracle/finding.ts';

/** A text in a source file, and what stands there instead. */
export interface Edit {
  /** From the workspace's root. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** One thing that was put right, put back as it was, or a rule left out. */
export interface PlantedFault extends Edit {
  readonly name: string;
  /** What is wrong with the product then. */
  readonly words: string;
  /** What it does to logins. Whatever else is seen in a seed may be chance: with a fault the environment takes another course. */
  readonly shows: readonly FindingKind[];
  /** Where one guard stands behind another, the other goes, too. */
  readonly also?: readonly Edit[];
}

export const editsOf = ({ also = [], ...first }: PlantedFault): readonly Edit[] => [first, ...also];
