// asciichart 1.5 brings no types; only what output/curves.ts uses.
declare module "asciichart" {
  interface PlotConfig {
    height?: number;
    min?: number;
    max?: number;
    symbols?: readonly string[];
    format?: (value: number) => string;
  }
  const asciichart: { plot(series: number[] | number[][], config?: PlotConfig): string };
  export default asciichart;
}
