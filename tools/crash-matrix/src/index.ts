/** npm run crash-matrix: the rotator is killed before and after every act, and the portal says what became of the password. */
export {};
