/**
 * What is used of papaparse. Its published types pull in those of Node, which would make every name of Node known in files
 * that are to run in a browser too. A declaration of a module and no `paths`, which loaders would take for the module itself.
 */
declare module "papaparse" {
  const Papa: {
    /** @returns the rows, each a list of its cells; what is wrong with a row is told beside them and never thrown. */
    parse<Row>(
      text: string,
      options: { readonly skipEmptyLines: "greedy" },
    ): { readonly data: Row[]; readonly errors: readonly { readonly message: string }[] };
  };
  export default Papa;
}
