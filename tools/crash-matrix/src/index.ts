/** npm run crash-matrix: the rotator is killed or stopped at every act, and the portal says what became of the password. */
export { allCells } from './cells/all.ts';
export { type Cell, EXCLUSIONS } from './cells/cell.ts';
