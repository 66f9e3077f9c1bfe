/** Inputs for several values. In a file of their own that follows when a condition needs one: most rules need none. */
import { MultiSelect, type MultiSelectProps, TagsInput, type TagsInputProps } from "@mantine/core";

export const ManyChoices = (props: MultiSelectProps) => <MultiSelect {...props} />;
export const ManyTexts = (props: TagsInputProps) => <TagsInput {...props} />;
