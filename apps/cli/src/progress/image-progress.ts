import { duration } from "../output/text.ts";
import { RateMeter } from "./eta.ts";

/** "Computing features  320/2000 images  210 images/s  8.0 s left", for work that counts images, or something else. */
export function imageProgress(
  what: string,
  show: (line: string) => void,
  unit = "images",
): (done: number, total: number) => void {
  const meter = new RateMeter();
  return (done, total) => {
    const speed = meter.update(performance.now(), done, total);
    const pace = speed
      ? `  ${speed.rate.toFixed(speed.rate < 10 ? 1 : 0)} ${unit}/s  ${duration(speed.secondsLeft)} left`
      : "";
    show(`${what}  ${done}/${total} ${unit}${done < total ? pace : ""}`);
  };
}
