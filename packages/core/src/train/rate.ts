/** Long enough to be calm, short enough to show a change. */
const WINDOW_MS = 3000;

/**
 * @returns a function that takes a count as it is now and gives its growth a second over the last seconds; undefined
 *   while there is none to be told.
 */
export function createRate(now: () => number): (count: number) => number | undefined {
  const samples: { readonly time: number; readonly count: number }[] = [];
  return (count) => {
    const time = now();
    samples.push({ time, count });
    while (samples[1] && time - samples[1].time >= WINDOW_MS) samples.shift();
    const [first = { time, count }] = samples;
    const [seconds, grown] = [(time - first.time) / 1000, count - first.count];
    return seconds > 0 && grown > 0 ? grown / seconds : undefined;
  };
}
