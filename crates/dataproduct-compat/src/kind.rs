//! The closed set of changes that two contracts can differ by.

use std::fmt;

use crate::change::Aspect;

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $variant:ident = $id:literal,)*) => {
        /// What has changed. Every kind has one rule, `rules/<id>.toml`, which says whom it breaks.
        ///
        /// The set is closed: a difference that no other kind names is [`Kind::OtherChanged`], never
        /// silence.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl Kind {
            /// Every kind, in the order in which findings of one weight are listed.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The permanent name of the kind and of its rule, such as `enum-widened`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$variant => $id,)*
                }
            }

            /// The text of the rule that judges this kind.
            pub(crate) const fn rule_text(self) -> &'static str {
                match self {
                    $(Self::$variant => include_str!(concat!("../rules/", $id, ".toml")),)*
                }
            }
        }
    };
}

kinds! {
    /// A column is new and its values may be missing.
    ColumnAddedOptional = "column-added-optional",
    /// A column is new and its values are never missing.
    ColumnAddedRequired = "column-added-required",
    /// A column is new, its values are never missing, and rows from before have a default.
    ColumnAddedWithDefault = "column-added-with-default",
    /// A column is gone.
    ColumnRemoved = "column-removed",
    /// A column has another name under the same stable identifier.
    ColumnRenamed = "column-renamed",
    /// A column has a new name under its stable identifier and is served under the old one too.
    ColumnRenamedServed = "column-renamed-served",
    /// A column is served under one more name that it is said to have had.
    FormerNameAdded = "former-name-added",
    /// A column is no longer served under a name that it had.
    FormerNameRemoved = "former-name-removed",
    /// A name stands for another column than before.
    NameReused = "name-reused",
    /// A column has another stable identifier under the same name.
    ColumnIdChanged = "column-id-changed",
    /// The columns stand in another order.
    ColumnsReordered = "columns-reordered",
    /// The columns stand in another order, and a server tells them apart by place.
    ColumnsReorderedPositional = "columns-reordered-positional",
    /// Rows from before a column have a default that they had not.
    DefaultAdded = "default-added",
    /// Rows from before a column have no default any more.
    DefaultRemoved = "default-removed",
    /// Rows from before a column have another default.
    DefaultChanged = "default-changed",
    /// A column is deprecated.
    ColumnDeprecated = "column-deprecated",
    /// A column is no longer deprecated.
    ColumnRestored = "column-restored",

    /// A type holds more values than before.
    TypeWidened = "type-widened",
    /// A type is wider, and the declared bounds still fit the old one.
    TypeWidenedWithinRange = "type-widened-within-range",
    /// A type holds fewer values than before.
    TypeNarrowed = "type-narrowed",
    /// A decimal has another number of digits after the point.
    DecimalScaleChanged = "decimal-scale-changed",
    /// A type is another one.
    TypeChanged = "type-changed",
    /// A timestamp has gained or lost its zone.
    TimezoneChanged = "timezone-changed",
    /// Values without an offset count in another zone.
    DefaultTimezoneChanged = "default-timezone-changed",
    /// Values that could be missing no longer can.
    NullableToRequired = "nullable-to-required",
    /// Values that were always there may be missing.
    RequiredToNullable = "required-to-nullable",
    /// The type in the data store is named otherwise, and the logical type is the same.
    PhysicalTypeChanged = "physical-type-changed",
    /// The name in the data store is another one.
    PhysicalNameChanged = "physical-name-changed",

    /// A closed list of values lost some.
    EnumNarrowed = "enum-narrowed",
    /// A closed list of values gained some.
    EnumWidened = "enum-widened",
    /// A closed list of values lost some and gained others.
    EnumReplaced = "enum-replaced",
    /// Values are now limited to a closed list.
    EnumAdded = "enum-added",
    /// A closed list of values is gone.
    EnumRemoved = "enum-removed",
    /// A closed list of values has become an open one.
    EnumOpened = "enum-opened",
    /// An open list of values has become a closed one.
    EnumClosed = "enum-closed",
    /// An open list of values names others than before.
    OpenEnumChanged = "open-enum-changed",
    /// An allowed value has another label or description.
    EnumLabelChanged = "enum-label-changed",
    /// Bounds permit fewer values.
    RangeTightened = "range-tightened",
    /// Bounds permit more values.
    RangeLoosened = "range-loosened",
    /// Bounds permit other values.
    RangeMoved = "range-moved",
    /// Fewer lengths are permitted.
    LengthTightened = "length-tightened",
    /// More lengths are permitted.
    LengthLoosened = "length-loosened",
    /// Other lengths are permitted.
    LengthMoved = "length-moved",
    /// Lists of fewer sizes are permitted.
    ItemsTightened = "items-tightened",
    /// Lists of more sizes are permitted.
    ItemsLoosened = "items-loosened",
    /// Lists of other sizes are permitted.
    ItemsMoved = "items-moved",
    /// The elements of a list must now differ.
    UniqueItemsAdded = "unique-items-added",
    /// The elements of a list may now be equal.
    UniqueItemsRemoved = "unique-items-removed",
    /// Values are multiples of a coarser step.
    StepTightened = "step-tightened",
    /// Values are multiples of a finer step, or of none.
    StepLoosened = "step-loosened",
    /// Values are multiples of another step.
    StepMoved = "step-moved",
    /// A pattern permits less text.
    PatternTightened = "pattern-tightened",
    /// A pattern permits more text.
    PatternLoosened = "pattern-loosened",
    /// A pattern permits other text.
    PatternReplaced = "pattern-replaced",
    /// A pattern has changed, and which text is affected could not be decided.
    PatternUndecided = "pattern-undecided",
    /// Text has a format that it did not have.
    FormatAdded = "format-added",
    /// Text no longer has a format.
    FormatRemoved = "format-removed",
    /// Text has another format.
    FormatChanged = "format-changed",
    /// Limits are written in another way and permit the same values.
    LimitsRestated = "limits-restated",

    /// The product has a key.
    KeyAdded = "key-added",
    /// The product has no key any more.
    KeyRemoved = "key-removed",
    /// The key has more columns.
    KeyWidened = "key-widened",
    /// The key has fewer columns.
    KeyNarrowed = "key-narrowed",
    /// The key has other columns.
    KeyReplaced = "key-replaced",
    /// The key has the same columns in another order.
    KeyReordered = "key-reordered",
    /// No two rows have the same value any more.
    UniqueAdded = "unique-added",
    /// Rows may now have the same value.
    UniqueRemoved = "unique-removed",

    /// Values are counted in another unit.
    UnitChanged = "unit-changed",
    /// Values are amounts of another currency.
    CurrencyChanged = "currency-changed",
    /// A unit is stated where none was.
    UnitAdded = "unit-added",
    /// A unit is no longer stated.
    UnitRemoved = "unit-removed",
    /// The definition of what something means is another one, or gone.
    DefinitionChanged = "definition-changed",
    /// What something means is defined where it was not.
    DefinitionAdded = "definition-added",
    /// A column is another kind of thing in analysis: a measure, a dimension, a plain column.
    SemanticRoleChanged = "semantic-role-changed",
    /// Values are computed in another way.
    TransformChanged = "transform-changed",
    /// Another column, or none, tells when a row's fact happened.
    EventTimeChanged = "event-time-changed",
    /// A column tells when a row's fact happened, where none did.
    EventTimeAdded = "event-time-added",
    /// Values are more sensitive.
    ClassificationRaised = "classification-raised",
    /// Values are less sensitive.
    ClassificationLowered = "classification-lowered",
    /// Values are of a level that has no place among the known ones.
    ClassificationChanged = "classification-changed",
    /// That anyone may see the values is now said, or no longer said.
    ClassificationStated = "classification-stated",
    /// Values are personal data, or of another category of it.
    PiiChanged = "pii-changed",
    /// Values are no longer said to be personal data.
    PiiRemoved = "pii-removed",
    /// Values refer to something that they did not refer to.
    ReferenceAdded = "reference-added",
    /// Values no longer refer to something.
    ReferenceRemoved = "reference-removed",

    /// A quality rule is new.
    QualityRuleAdded = "quality-rule-added",
    /// A quality rule is gone.
    QualityRuleRemoved = "quality-rule-removed",
    /// A quality rule admits less.
    QualityTightened = "quality-tightened",
    /// A quality rule admits more.
    QualityLoosened = "quality-loosened",
    /// A quality rule admits other measures.
    QualityMoved = "quality-moved",
    /// A breach of a quality rule weighs more.
    QualitySeverityRaised = "quality-severity-raised",
    /// A breach of a quality rule weighs less.
    QualitySeverityLowered = "quality-severity-lowered",
    /// A quality rule measures something else, and which data is affected could not be decided.
    QualityRuleChanged = "quality-rule-changed",
    /// A quality rule that is no promise (a warning or a note) has come, gone or changed.
    QualityNoticeChanged = "quality-notice-changed",

    /// A service level is new.
    SlaAdded = "sla-added",
    /// A service level is gone.
    SlaRemoved = "sla-removed",
    /// A service level promises more.
    SlaTightened = "sla-tightened",
    /// A service level promises less.
    SlaLoosened = "sla-loosened",
    /// A service level has changed, and in which direction could not be decided.
    SlaChanged = "sla-changed",

    /// The contract has another identifier.
    IdChanged = "id-changed",
    /// The product has another name.
    NameChanged = "name-changed",
    /// The product belongs to another domain.
    DomainChanged = "domain-changed",
    /// Nothing but the version differs.
    VersionOnly = "version-only",
    /// The product has moved on in its life.
    StatusAdvanced = "status-advanced",
    /// The product is deprecated.
    StatusDeprecated = "status-deprecated",
    /// The product is retired.
    StatusRetired = "status-retired",
    /// The product is no longer in force.
    StatusWithdrawn = "status-withdrawn",
    /// A last day is set.
    SunsetSet = "sunset-set",
    /// The last day comes earlier.
    SunsetEarlier = "sunset-earlier",
    /// The last day comes later, or is gone.
    SunsetLater = "sunset-later",
    /// What consumers should read instead is another product.
    SuccessorChanged = "successor-changed",

    /// The product has another owner.
    OwnerChanged = "owner-changed",
    /// Who approves has changed.
    StewardChanged = "steward-changed",
    /// The people of the team have changed.
    MembersChanged = "members-changed",
    /// Who reads the product has changed.
    ConsumersChanged = "consumers-changed",
    /// Where consumers ask and are told has changed.
    SupportChanged = "support-changed",
    /// A role has access that had none.
    RoleAdded = "role-added",
    /// A role has no access any more.
    RoleRemoved = "role-removed",
    /// What a role may do has changed.
    RoleChanged = "role-changed",

    /// The product is served in one more place.
    ServerAdded = "server-added",
    /// The product is no longer served in a place.
    ServerRemoved = "server-removed",
    /// The product is served at another address.
    ServerAddressChanged = "server-address-changed",
    /// The product is served in another format.
    ServerFormatChanged = "server-format-changed",
    /// The columns that the table is partitioned by have changed.
    PartitioningChanged = "partitioning-changed",
    /// The columns that the folders of a served path are made of have changed.
    PartitioningChangedOnPath = "partitioning-changed-on-path",
    /// The columns that files are sorted by have changed.
    SortOrderChanged = "sort-order-changed",
    /// The product is another kind of object in the data store, such as a view.
    TableKindChanged = "table-kind-changed",
    /// The product is another kind of object, and a server is a path to its files.
    TableKindChangedOnPath = "table-kind-changed-on-path",
    /// The table needs a feature that its readers may not know.
    TableFeatureAdded = "table-feature-added",
    /// The table is no longer asked to have a feature.
    TableFeatureRemoved = "table-feature-removed",

    /// Words that describe something have changed.
    DescriptionChanged = "description-changed",
    /// How the product should and must not be used has changed.
    TermsChanged = "terms-changed",
    /// Labels have changed.
    TagsChanged = "tags-changed",
    /// Other names in use have changed.
    SynonymsChanged = "synonyms-changed",
    /// Example values have changed.
    ExamplesChanged = "examples-changed",
    /// What an agent should know has changed.
    ContextChanged = "context-changed",
    /// Links to explanations have changed.
    LinksChanged = "links-changed",
    /// The data costs more, or is charged otherwise.
    PriceRaised = "price-raised",
    /// The data costs less.
    PriceLowered = "price-lowered",
    /// A property of the organisation's own has changed.
    CustomChanged = "custom-changed",
    /// Something differs that no other kind names.
    OtherChanged = "other-changed",
}

impl Kind {
    /// The kind of that name.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.id() == id)
    }

    /// What has to be proven on stored rows before a change of this kind is known to hold for them;
    /// `None` for kinds that stored rows cannot contradict.
    #[must_use]
    pub const fn aspect(self) -> Option<Aspect> {
        Some(match self {
            Self::ColumnAddedRequired => Aspect::Present,
            Self::NullableToRequired => Aspect::NotNull,
            Self::EnumNarrowed | Self::EnumReplaced | Self::EnumAdded | Self::EnumClosed => {
                Aspect::Allowed
            }
            Self::RangeTightened | Self::RangeMoved => Aspect::Range,
            Self::LengthTightened | Self::LengthMoved => Aspect::Length,
            Self::ItemsTightened | Self::ItemsMoved => Aspect::Items,
            Self::UniqueItemsAdded => Aspect::UniqueItems,
            Self::StepTightened | Self::StepMoved => Aspect::Step,
            Self::PatternTightened | Self::PatternReplaced | Self::PatternUndecided => {
                Aspect::Pattern
            }
            Self::FormatAdded | Self::FormatChanged => Aspect::Format,
            Self::KeyAdded | Self::KeyNarrowed | Self::KeyReplaced => Aspect::Key,
            Self::UniqueAdded => Aspect::Unique,
            Self::ReferenceAdded => Aspect::Reference,
            _ => return None,
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
