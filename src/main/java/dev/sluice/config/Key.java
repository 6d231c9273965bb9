package dev.sluice.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** One key of the policy document, on the record component that mirrors it: what the readers and the JSON Schema agree on. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface Key {
    /** What it is for, in the words an editor shows. */
    String value();

    /** As the document writes it, where that is not the component's name in snake_case. */
    String name() default "";

    /** What holds when the key is absent, as JSON; empty where that goes without saying. */
    String usual() default "";

    /** An object without it is reported, and so is one that has {@code null} there. */
    boolean required() default false;

    boolean deprecated() default false;

    /** Every word that may stand there; nothing when any may. */
    String[] oneOf() default {};

    /** What a string there must match as a whole, as regular expressions of Java and JavaScript alike say it. */
    String pattern() default "";

    /** How much of it nobody may read back. */
    Secrecy secrecy() default Secrecy.NONE;

    /** The least number that may stand there. */
    int least() default Integer.MIN_VALUE;
}
