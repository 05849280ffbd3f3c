export interface Landing<T> {
  readonly arrived: (value: T) => void;
  readonly failed: (error: unknown) => void;
}

/** At most one act under way per key that anybody may join. */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Promise<T>>();

  current(key: string): Promise<T> | undefined {
    return this.#flights.get(key);
  }

  /** `landing` is told before whoever waits, and not at all where the flight was dropped or another one took its place. */
  start(key: string, act: () => Promise<T>, landing: Landing<T>): Promise<T> {
    const flight = act();
    this.#flights.set(key, flight);
    const land = (): boolean => this.#flights.get(key) === flight && this.#flights.delete(key);
    flight.then(
      (value) => {
        if (land()) landing.arrived(value);
      },
      (error: unknown) => {
        if (land()) landing.failed(error);
      },
    );
    return flight;
  }

  /** Those who wait still get its end; nobody joins it any more. */
  drop(key: string): void {
    this.#flights.delete(key);
  }

  dropAll(): void {
    this.#flights.clear();
  }
}
