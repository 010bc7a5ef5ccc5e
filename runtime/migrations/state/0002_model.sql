-- The model that an app was installed with, by the name of its folder.
ALTER TABLE apps ADD COLUMN model TEXT NOT NULL DEFAULT '';
