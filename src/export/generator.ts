/** The program that a dataset's dataset_description.json names as its author. */
export const generatorName = "telltale";
