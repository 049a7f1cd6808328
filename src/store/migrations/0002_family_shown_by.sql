-- How the token before the present one was shown: only the same showing again is forgiven. Null until the next rotation.
alter table family add column shown_by {int64};
