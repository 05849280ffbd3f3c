import { FAULTS_OF_LOGINS } from './faults-of-logins.ts';
import { FAULTS_OF_ROTATIONS } from './faults-of-rotations.ts';
import { FAULTS_OF_THE_ISSUE } from './faults-of-the-issue.ts';
import type { PlantedFault } from './planted-fault.ts';
export const PLANTED: readonly PlantedFault[] = [...FAULTS_OF_THE_ISSUE, ...FAULTS_OF_ROTATIONS, ...FAULTS_OF_LOGINS];
